// Highlights the drop area, and rejects a file that is too large before it is uploaded. Files can be
// dropped and chosen without this script.

const isField = (target) => target instanceof Element && target.matches("input");

// Without this, the browser opens a file that is dropped beside the field, and the form is lost.
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => {
    if (!isField(event.target)) event.preventDefault();
  });
}

for (const input of document.querySelectorAll('input[type="file"]')) {
  const area = input.parentElement;
  for (const type of ["dragenter", "dragover"]) input.addEventListener(type, () => area.classList.add("over"));
  for (const type of ["dragleave", "drop"]) input.addEventListener(type, () => area.classList.remove("over"));
  input.addEventListener("change", () => {
    const files = [...input.files];
    const large = files.find((file) => file.size > Number(input.dataset.most));
    let fault = large ? `${large.name} is larger than ${input.dataset.mostText}, the limit of this server.` : "";
    if (files.length > Number(input.dataset.mostFiles)) fault = `These are ${files.length} files: choose at most ${input.dataset.mostFiles}.`;
    area.classList.toggle("chosen", files.length > 0 && !fault);
    input.setCustomValidity(fault);
    input.reportValidity();
  });
}

// Reading large profiles takes a few seconds.
const form = document.getElementById("import");
const button = form.querySelector('button[type="submit"]');
const label = button.querySelector("[data-busy]");
const idle = label.textContent;
form.addEventListener("submit", () => {
  button.disabled = true;
  label.textContent = label.dataset.busy;
});
addEventListener("pageshow", () => {
  button.disabled = false;
  label.textContent = idle;
});
