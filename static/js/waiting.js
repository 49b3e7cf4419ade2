// Asks whether the order has moved on: every 2 s at first, then slower; reloads when it has. Whoever pressed "Pay" and
// had to wait for the reservation is taken on to the payment page.
const box = document.querySelector("[data-status-url]");
const word = document.querySelector("[data-word]");
let pause = 2000;

const say = (text) => {
  if (word.textContent !== text) word.textContent = text;
};

const ask = async () => {
  try {
    const answer = await fetch(box.dataset.statusUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const status = await answer.json();
      const moved = status.phase ? status.phase !== box.dataset.phase : status.state !== box.dataset.state;
      if (moved && status.phase === "pay" && box.dataset.payUrl) return location.assign(box.dataset.payUrl);
      if (moved) return location.reload();
      say(pause > 6000 ? box.dataset.slow : "");
    } else if (answer.status !== 429 && answer.status < 500) {
      return setTimeout(() => location.reload(), 15000);
    }
  } catch {
    say(box.dataset.offline);
  }
  pause = Math.min(pause * 1.25, 15000);
  setTimeout(ask, pause);
};

setTimeout(ask, pause);
// Back from the payment page: what the browser kept of this one is out of date.
addEventListener("pageshow", (event) => event.persisted && location.reload());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) pause = 2000;
});
