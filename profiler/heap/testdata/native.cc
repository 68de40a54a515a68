// A program with inlined functions, namespaces, templates, lambda expressions and functions without external
// linkage. It needs no libraries, so that it is small. See symbolize_test.go.
namespace shop {

struct Item {
  long price;
  Item* next;
};

inline __attribute__((always_inline)) long twice(long n) {
  long sum = n;
  for (long i = 0; i < n; i++) sum += i & n;
  return sum;
}

inline __attribute__((always_inline)) long fourTimes(long n) {
  return twice(n) + twice(n + 1);
}

template <class T>
struct Table {
  T* first = nullptr;
  __attribute__((noinline)) long add(T* item) {
    item->next = first;
    first = item;
    return fourTimes(item->price);
  }
};

namespace {
__attribute__((noinline)) long hidden(long n) { return twice(n) * 7; }
}  // namespace

template <class F>
__attribute__((noinline)) long apply(F f, long n) {
  return f(n) + 1;
}

__attribute__((noinline)) static long local(long n) {
  return apply([n](long m) { return hidden(m) + fourTimes(n); }, n + 3);
}

}  // namespace shop

extern "C" __attribute__((noinline)) long plain(long n) { return shop::local(n) + 5; }

volatile long seed = 42;
shop::Table<shop::Item> table;
shop::Item item;

extern "C" void _start() {
  item.price = seed;
  seed = table.add(&item) + plain(seed);
  for (;;) {
  }
}
