// Improves the file form, which works without it: a file dropped anywhere on the page is taken and sent at once.
"use strict";

for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const problem = form.querySelector("[data-problem]");
  let depth = 0;

  const send = () => {
    const file = input.files[0];
    if (!file) return;
    const tooLarge = file.size > Number(form.dataset.limit);
    problem.hidden = !tooLarge;
    problem.textContent = tooLarge ? form.dataset.tooLarge : "";
    if (tooLarge) {
      input.value = "";
      return;
    }
    form.requestSubmit();
  };
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    form.classList.toggle("dropping", depth > 0);
  };

  input.addEventListener("change", send);
  form.addEventListener("submit", () => {
    button.dataset.label ??= button.textContent;
    button.textContent = form.dataset.busy;
    button.disabled = true;
  });
  addEventListener("pageshow", () => {
    // Back from the result: the form is ready again.
    button.disabled = false;
    if (button.dataset.label) button.textContent = button.dataset.label;
  });
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    mark(-depth);
    if (event.target === input) return; // the browser itself takes it and tells of the change
    event.preventDefault();
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      send();
    }
  });
}
