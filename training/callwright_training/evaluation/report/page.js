"use strict";
// Everything that came out of a model is written with textContent, so that no answer can become markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const byId = (id) => document.getElementById(id);
  const metricOf = Object.fromEntries(data.metrics.map((metric) => [metric.name, metric]));
  const state = { page: 0, sort: "id", down: false, open: new Set() };

  const element = (name, content = "", className = "") => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...[].concat(content));
    return made;
  };
  const fill = (select, options) =>
    select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));

  const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);
  const score = (question, system, metric) =>
    mean(question.answers[system].map((answer) => answer.scores[metric]).filter((value) => value !== undefined));
  // How good a score is, from 0 to 1, whichever direction the metric has.
  const goodness = (value, metric) => (value === null ? null : metricOf[metric].up ? value : 1 - value);

  const outcomes = () => {
    const binary = metricOf[byId("metric").value].binary;
    const words = binary ? ["right", "wrong"] : ["at least half", "below half"];
    const options = [["all", "all"]];
    data.systems.forEach((name, system) => {
      options.push([`good:${system}`, `${name}: ${words[0]}`], [`bad:${system}`, `${name}: ${words[1]}`]);
      if (data.systems.length > 1) options.push([`only:${system}`, `only ${name} ${words[0]}`]);
    });
    options.push(["none", `all ${words[1]}`]);
    fill(byId("outcome"), options);
  };

  const wanted = (question) => {
    const metric = byId("metric").value;
    const [outcome, system] = byId("outcome").value.split(":");
    const good = data.systems.map((_, index) => goodness(score(question, index, metric), metric)).map((value) =>
      value === null ? null : value >= 0.5);
    if (outcome === "good" && good[system] !== true) return false;
    if (outcome === "bad" && good[system] !== false) return false;
    if (outcome === "only" && !(good[system] && good.every((value, index) => index == system || !value))) return false;
    if (outcome === "none" && good.some(Boolean)) return false;
    if (byId("domain").value && question.domain !== byId("domain").value) return false;
    const text = byId("text").value.trim().toLowerCase();
    return !text || JSON.stringify(question).toLowerCase().includes(JSON.stringify(text).slice(1, -1));
  };

  const sorted = (questions) => {
    const metric = byId("metric").value;
    const value = (question) =>
      state.sort === "id" ? data.questions.indexOf(question)
      : state.sort === "instruction" || state.sort === "domain" ? question[state.sort].toLowerCase()
      : score(question, Number(state.sort), metric) ?? -1;
    const keyed = questions.map((question, index) => [value(question), index, question]);
    keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    if (state.down) keyed.reverse();
    return keyed.map((entry) => entry[2]);
  };

  const shown = (value, metric) => {
    if (value === null) return element("td", "–", "number quiet");
    const { binary } = metricOf[metric];
    const word = binary && (value === 0 || value === 1) ? (value ? "yes" : "no") : (100 * value).toFixed(1);
    return element("td", word, `number ${goodness(value, metric) >= 0.5 ? "good" : "bad"}`);
  };

  const block = (title, text) =>
    text ? [element("div", title, "quiet"), element("pre", text)] : [element("div", `${title}: none`, "quiet")];

  const answerPart = (answer, name) => {
    const scores = data.metrics.filter((metric) => metric.name in answer.scores).map((metric) =>
      `${metric.name} ${metric.binary ? answer.scores[metric.name] : (100 * answer.scores[metric.name]).toFixed(1)}`);
    const notes = Object.entries(answer.notes).map(([metric, note]) => element("div", `${metric}: ${note}`));
    const whole = element("details", [element("summary", "the whole answer"), element("pre", answer.text || "(empty)")]);
    return element("div", [
      element("h3", answer.ms === null ? name : `${name} (${answer.ms} ms)`),
      ...block("call", answer.call), ...block("script", answer.code), ...notes,
      element("p", scores.join(" · "), "quiet"), whole,
    ]);
  };

  const detail = (question) => {
    const parts = [element("div", [
      element("h3", "reference"), ...block("call", question.call), ...block("script", question.code),
    ])];
    question.answers.forEach((answers, system) =>
      answers.forEach((answer) => parts.push(answerPart(answer, data.systems[system]))));
    const cell = element("td", [element("p", question.instruction), element("div", parts, "columns")]);
    cell.colSpan = 3 + data.systems.length;
    return element("tr", cell);
  };

  const row = (question) => {
    const metric = byId("metric").value;
    const cells = [
      element("td", question.id.split(":").pop()), element("td", question.instruction.slice(0, 140)),
      element("td", question.domain),
      ...data.systems.map((_, system) => shown(score(question, system, metric), metric)),
    ];
    const made = element("tr", cells, "question");
    made.tabIndex = 0;
    const toggle = () => {
      state.open.has(question.id) ? state.open.delete(question.id) : state.open.add(question.id);
      draw();
    };
    made.addEventListener("click", toggle);
    made.addEventListener("keydown", (event) => event.key === "Enter" && toggle());
    return state.open.has(question.id) ? [made, detail(question)] : [made];
  };

  const heading = () => {
    const columns = [["id", "#"], ["instruction", "question"], ["domain", "domain"],
      ...data.systems.map((name, system) => [String(system), name])];
    return element("thead", element("tr", columns.map(([key, label]) => {
      const arrow = state.sort === key ? (state.down ? " ↓" : " ↑") : "";
      const cell = element("th", label + arrow, "sortable");
      cell.tabIndex = 0;
      const sort = () => { state.down = state.sort === key && !state.down; state.sort = key; state.page = 0; draw(); };
      cell.addEventListener("click", sort);
      cell.addEventListener("keydown", (event) => event.key === "Enter" && sort());
      return cell;
    })));
  };

  const draw = () => {
    const found = sorted(data.questions.filter(wanted));
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const visible = found.slice(state.page * PAGE, (state.page + 1) * PAGE);
    byId("answers").replaceChildren(heading(), element("tbody", visible.flatMap(row)));
    byId("count").textContent = `${found.length} of ${data.questions.length} questions; click one to read its answers`;
    byId("page").textContent = `page ${state.page + 1} of ${pages}`;
    byId("earlier").disabled = state.page === 0;
    byId("later").disabled = state.page >= pages - 1;
  };

  const drawDomains = () => {
    const metric = byId("domain-metric").value;
    const groups = Map.groupBy ? Map.groupBy(data.questions, (question) => question.domain)
      : data.questions.reduce((map, q) => map.set(q.domain, [...(map.get(q.domain) ?? []), q]), new Map());
    const rows = [...groups].sort((a, b) => b[1].length - a[1].length).map(([domain, questions]) => {
      const cells = data.systems.map((_, system) => {
        const value = mean(questions.map((question) => score(question, system, metric)).filter((each) => each !== null));
        const cell = element("td", value === null ? "–" : (100 * value).toFixed(1), "number");
        if (value !== null) cell.style.backgroundColor = `rgb(70 140 90 / ${(0.55 * goodness(value, metric)).toFixed(2)})`;
        return cell;
      });
      return element("tr", [element("td", domain), element("td", String(questions.length), "number"), ...cells]);
    });
    const names = data.systems.map((name) => element("th", name, "number"));
    const head = element("thead", element("tr", [element("th", "domain"), element("th", "questions", "number"), ...names]));
    byId("domains").replaceChildren(head, element("tbody", rows));
  };

  const metrics = data.metrics.map((metric) => [metric.name, `${metric.name}: ${metric.summary}`]);
  if (!metrics.length) return;
  fill(byId("metric"), metrics);
  fill(byId("domain-metric"), metrics);
  const domains = [...new Set(data.questions.map((question) => question.domain))].sort();
  fill(byId("domain"), [["", "all"], ...domains.map((domain) => [domain, domain])]);
  outcomes();
  byId("metric").addEventListener("change", () => { outcomes(); state.page = 0; draw(); });
  ["outcome", "domain"].forEach((id) => byId(id).addEventListener("change", () => { state.page = 0; draw(); }));
  byId("text").addEventListener("input", () => { state.page = 0; draw(); });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("earlier").addEventListener("click", () => { state.page -= 1; draw(); });
  byId("later").addEventListener("click", () => { state.page += 1; draw(); });
  byId("domain-metric").addEventListener("change", drawDomains);
  draw();
  drawDomains();
})();
