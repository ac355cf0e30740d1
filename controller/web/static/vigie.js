// Keeps an open page true: follows the server's stream, fetches the board again when told to, and
// says so when the line is cut. Without JavaScript every page works and shows the moment it was made.
"use strict";

(() => {
  const SILENCE_MS = 40000; // the server speaks at least every 15 s
  const PATIENCE_MS = 4000; // a stream that comes back sooner was never worth a word
  const board = document.getElementById("board");
  const state = document.getElementById("link-state");
  const announce = document.getElementById("announce");

  document.documentElement.classList.add("scripted");

  let source = null;
  let cursor = board ? board.dataset.since : "";
  let silence = 0;
  let worry = 0;
  let retry_ms = 1000;

  const say = (name) => {
    if (!state || state.dataset.state === name) return;
    state.dataset.state = name;
    state.textContent = state.dataset[name];
    document.documentElement.classList.toggle("cut-off", name === "lost");
  };

  const heard = () => {
    clearTimeout(worry);
    worry = 0;
    clearTimeout(silence);
    silence = setTimeout(reopen, SILENCE_MS);
    retry_ms = 1000;
    say("live");
  };

  const lost = () => {
    if (!worry) worry = setTimeout(() => say("lost"), PATIENCE_MS);
  };

  const close = () => {
    clearTimeout(silence);
    clearTimeout(worry);
    worry = 0;
    if (source) source.close();
    source = null;
  };

  const open = () => {
    close();
    const address = new URL(board.dataset.live, location.href);
    address.searchParams.set("since", cursor);
    source = new EventSource(address);
    source.addEventListener("open", heard);
    source.addEventListener("beat", heard);
    source.addEventListener("changed", (event) => {
      cursor = event.lastEventId;
      heard();
      htmx.trigger(board, "live");
    });
    source.addEventListener("error", () => {
      lost();
      // The browser itself tries again, unless the answer was no stream at all.
      if (source && source.readyState === EventSource.CLOSED) {
        setTimeout(open, retry_ms);
        retry_ms = Math.min(retry_ms * 2, 15000) * (0.8 + 0.4 * Math.random());
      }
    });
  };

  const reopen = () => {
    lost();
    open();
  };

  // A fresh board must not fold what was unfolded, nor take the focus away.
  let unfolded = [];
  let folded = [];
  let focused = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== board) return;
    const details = [...board.querySelectorAll("details[id]")];
    unfolded = details.filter((one) => one.open).map((one) => one.id);
    folded = details.filter((one) => !one.open).map((one) => one.id);
    focused = board.contains(document.activeElement) ? document.activeElement.id : "";
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== board) return;
    const each = (ids, is_open) =>
      ids.map((id) => document.getElementById(id)).forEach((one) => one && (one.open = is_open));
    each(unfolded, true);
    each(folded, false);
    const again = focused && document.getElementById(focused);
    if (again) again.focus({ preventScroll: true });
    const news = board.querySelector("[data-announce]");
    if (announce && news && announce.textContent !== news.dataset.announce) {
      announce.textContent = news.dataset.announce;
    }
  });
  document.addEventListener("htmx:sendError", lost);

  // A menu closes by Escape and by a click elsewhere, as menus do.
  document.querySelectorAll("details.menu").forEach((menu) => {
    document.addEventListener("click", (event) => menu.contains(event.target) || (menu.open = false));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // Of a form's parts only those of what is chosen are shown, and sent.
  document.querySelectorAll("select[data-chooses]").forEach((select) => {
    const parts = select.form.querySelectorAll("fieldset[data-for]");
    const show = () =>
      parts.forEach((part) => {
        part.hidden = part.disabled = !part.dataset.for.split(" ").includes(select.value);
      });
    select.addEventListener("change", show);
    addEventListener("pageshow", show); // a browser puts back what was chosen before
    show();
  });

  if (!board) return;
  // A browser keeps six connections to a server: pages nobody looks at give theirs back, and the
  // cursor brings them up to date when they are looked at again.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  if (!document.hidden) open();
})();
