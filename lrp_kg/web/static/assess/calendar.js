// Downloads what is planned as a calendar file. It comes by post, so that no address has the record.
import { form, notice, say } from "./page.js";
import { record } from "./record.js";

const download = async (name) => {
  const response = await fetch(`${form.dataset.assess}?lang=${form.dataset.lang}&changes=true`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/calendar" },
    body: JSON.stringify(record()),
  });
  if (!response.ok) throw new Error((await response.json()).detail);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-calendar]");
  if (!button) return;
  event.preventDefault(); // without scripts it sends the form
  try {
    await download(button.dataset.calendar);
  } catch (problem) {
    notice(problem instanceof TypeError ? say("page-failed") : problem.message);
  }
});
