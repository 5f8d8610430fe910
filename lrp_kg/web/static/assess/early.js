// Before the page is shown: one question at a time, unless the modules that ask them do not run.
"use strict";
document.documentElement.classList.add("scripts");
addEventListener("load", () => {
  if (!document.getElementById("record").dataset.ready) document.documentElement.classList.remove("scripts");
});
