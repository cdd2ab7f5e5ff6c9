// Improves what works without it: the menu closes with Escape and when something else is touched, and a row of tabs that
// is wider than the screen begins at the page that is open.
"use strict";

const menu = document.querySelector("details.menu");
if (menu) {
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.closest("ul");
  const away = tab.getBoundingClientRect().left - row.getBoundingClientRect().left;
  row.scrollLeft += away - (row.clientWidth - tab.offsetWidth) / 2;
}
