// Keeps the list of open cases up to date, but never under the hands of somebody who is typing in it.
const list = document.querySelector("[data-waiting]");
let shown = "";

const look = async () => {
  try {
    const answer = await fetch(list.dataset.waiting, { cache: "no-store", redirect: "error" });
    const text = answer.ok ? await answer.text() : shown;
    if (text !== shown && !document.hidden && !list.contains(document.activeElement)) {
      list.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
      shown = text;
    }
  } catch {
    // Offline or signed out: what is on the page stays, and the next look tries again.
  }
  setTimeout(look, 4000);
};

if (list) look();
