// All that a hostile page tries against the face at `target`; where that is empty, at the page's own name.
// Four of the five ways are here, by the number in the name of an attempt; the third is this page under a name
// that was pointed to this machine. Each attempt is told with what the page could see: `saw …`, or `nothing: …`.
const asked = new URLSearchParams(location.search);
// The page knows what it could not: the token and a run, so that nothing but the face itself is in its way.
const [target, token, run] = ["target", "token", "run"].map((name) => asked.get(name));
// The longest an attempt may take: one that is stuck saw nothing, but must not hide the others.
const PATIENCE_MS = 10000;
const STATEMENT = "select name from wells";
const LISTS = "/v1/sql?format=csv&q=" + encodeURIComponent(STATEMENT);
const DERIVES = `/v1/runs?well=Test%201&name=Forged&from=${run}&tool=page&version=1&index_unit=m`;
const saw = {};

function bounded(promise) {
  const late = new Promise((done) => setTimeout(() => done("nothing: it never ended"), PATIENCE_MS));
  return Promise.race([promise, late]);
}

function bearer(shown, more) {
  return { headers: { Authorization: `Bearer ${shown}`, ...more } };
}

async function fetched(path, options) {
  try {
    const answer = await fetch(target + path, options);
    if (answer.type === "opaque") return "nothing: an opaque answer";
    return `saw ${answer.status} ${await answer.text()}`;
  } catch (error) {
    return `nothing: ${error}`;
  }
}

// A form needs nobody's leave to be sent. Its answer goes into a frame, which the page then looks into.
function posted(path, enctype, name, value) {
  return new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = `frame-${document.forms.length}`;
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { action: target + path, method: "POST", enctype, target: frame.name });
    const field = document.createElement("input");
    Object.assign(field, { name, value });
    form.append(field);
    document.body.append(form);
    frame.onload = () => {
      // The empty document that a frame begins with is no answer.
      if (frame.contentDocument?.URL === "about:blank") return;
      done(looked(frame));
    };
    form.submit();
  });
}

function looked(frame) {
  try {
    return `saw ${frame.contentWindow.document.body.innerText}`;
  } catch (error) {
    return `nothing: ${error.name}`;
  }
}

// Scripts, images and styles of others are taken in without being asked for leave.
function taken(tag, attributes) {
  return new Promise((done) => {
    const element = document.createElement(tag);
    element.onload = () => done("saw that it loads");
    element.onerror = () => done("nothing: it does not load");
    Object.assign(element, attributes);
    document.head.append(element);
  });
}

function spoken(path) {
  return new Promise((done) => {
    const socket = new WebSocket(`${(target || location.origin).replace("http", "ws")}${path}`);
    socket.onopen = () => done("saw it open");
    socket.onerror = () => done("nothing: it does not open");
  });
}

const guess = "0".repeat(token.length);
const text = { method: "POST", body: STATEMENT, headers: { "Content-Type": "text/plain" } };
const meant = (type) => bearer(token, { "Content-Type": type, "X-DataForge": "1" });
const json = { ...meant("application/json"), method: "POST", body: JSON.stringify({ sql: STATEMENT }) };
const attempts = {
  "own page": () => fetch("/hostile/own").then(async (own) => `saw ${own.status} ${await own.text()}`),

  "1 fetch": () => fetched(LISTS),
  "1 fetch with cookies": () => fetched("/v1/wells", { credentials: "include" }),
  "1 fetch blindly": () => fetched("/v1/curves", { mode: "no-cors" }),
  "1 post text": () => fetched("/v1/sql", text),
  "1 post text blindly": () => fetched("/v1/sql", { ...text, mode: "no-cors" }),
  "1 fetch with a guess": () => fetched("/v1/workspaces", bearer(guess)),

  "2 form of text to sql": () => posted("/v1/sql", "text/plain", `${STATEMENT} where name`, "name"),
  "2 form to sql": () => posted("/v1/sql", "application/x-www-form-urlencoded", "q", STATEMENT),
  "2 form of text to runs": () => posted(DERIVES, "text/plain", "table", "x"),
  "2 form with a part to runs": () => posted(DERIVES, "multipart/form-data", "table", "x"),

  "4 fetch": () => fetched(LISTS, bearer(token)),
  "4 fetch blindly": () => fetched("/v1/wells", { ...bearer(token), mode: "no-cors" }),
  "4 post json": () => fetched("/v1/sql", json),
  "4 derive": async () => {
    const body = await (await fetch("/hostile/table")).arrayBuffer();
    return fetched(DERIVES, { ...meant("application/vnd.apache.arrow.stream"), method: "POST", body });
  },
  "4 delete": () => fetched("/v1/wells", { ...meant("application/json"), method: "DELETE" }),

  "5 script": () => taken("script", { src: `${target}/v1/wells` }),
  "5 script of a statement": () => taken("script", { src: target + LISTS }),
  "5 image": () => taken("img", { src: `${target}/v1/runs` }),
  "5 style": () => taken("link", { rel: "stylesheet", href: `${target}/v1/curves` }),
  "5 socket": () => spoken("/v1/sql"),
};

(async () => {
  for (const [name, attempt] of Object.entries(attempts)) {
    saw[name] = await bounded(attempt().catch((error) => `nothing: ${error}`));
  }
  await fetch("/hostile/report", { method: "POST", body: JSON.stringify(saw) });
})();
