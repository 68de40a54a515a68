package report

import "testing"

func TestInModule(t *testing.T) {
	for _, test := range []struct {
		function, module string
		want             bool
	}{
		{"example.com/nats.Connect", "example.com/nats", true},
		{"example.com/nats.(*Conn).Close", "example.com/nats", true},
		{"example.com/nats.Map[example.com/other.T]", "example.com/nats", true},
		{"example.com/nats_test.BenchmarkX", "example.com/nats", true},
		{"example.com/nats/server.Run", "example.com/nats", true},
		{"example.com/nats.go/server.Run", "example.com/nats", false},
		{"example.com/natsd.Run", "example.com/nats", false},
		{"gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml.v3", true},
		{"gopkg.in/yaml.v3/internal.F", "gopkg.in/yaml.v3", true},
		{"strings.Repeat", "example.com/nats", false},
		{"main.main", "main", true},
	} {
		if got := inModule(test.function, test.module); got != test.want {
			t.Errorf("inModule(%s, %s) = %t", test.function, test.module, got)
		}
	}
}
