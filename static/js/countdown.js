// Counts down the seconds the page was told, beside the plain clock time that everybody gets: a phone that just landed
// often has the wrong time, but its seconds are as long as ours.
for (const box of document.querySelectorAll("[data-countdown]")) {
  const end = Date.now() + Number(box.dataset.countdown) * 1000;
  const left = box.querySelector("[data-left]");
  const tick = () => {
    const seconds = Math.round((end - Date.now()) / 1000);
    if (Number.isNaN(seconds)) return;
    if (seconds <= 0) {
      left.textContent = "0:00";
      if (!sessionStorage.getItem(location.pathname)) {
        sessionStorage.setItem(location.pathname, "ended");
        setTimeout(() => location.reload(), 1500);
      }
      return;
    }
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  left.hidden = false;
  tick();
}
