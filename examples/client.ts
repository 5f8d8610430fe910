// A client of the service in TypeScript, with types made of its OpenAPI description:
//
//     npx openapi-typescript http://127.0.0.1:8000/v1/openapi.json -o schema.d.ts
//     npx tsc --strict --target es2022 --module nodenext client.ts
//
// It sends a record, and reads every part of an answer. What is not in the description does not compile.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Answer = Schemas["Answer"];
type Statement = Schemas["Statement"] | Schemas["Limit"];
type Body = paths["/v1/assess"]["post"]["requestBody"]["content"]["application/json"];

function textOf(statement: Statement): string {
  return "text" in statement ? statement.text : statement.label;
}

function statementsOf(answer: Answer): Map<string, Statement> {
  const programmes = Object.values(answer.eligibility);
  const all: Statement[] = [
    ...answer.boxes.flatMap((box) => box.statements),
    ...answer.notices,
    ...programmes.flatMap((p) => [...p.benefits, ...p.limits, ...p.nextSteps]),
  ];
  return new Map(all.map((statement) => [statement.id, statement]));
}

function condition(answer: Answer, statement: Statement): string {
  const { condition, conditionText } = statement;
  const known = condition && condition.verdict === "unknown" ? answer.conditions[condition.id] : undefined;
  return [known?.ifPhrase ?? known?.label, conditionText].filter((text) => text).join("; ");
}

function day(found: Schemas["Day"] | Schemas["Days"] | null): string {
  if (found === null) return "unknown";
  return typeof found === "string" ? found : `${found.earliest ?? "?"} to ${found.latest ?? "?"}`;
}

function said(answer: Answer, statement: Statement): string {
  const waits = condition(answer, statement);
  const past = statement.outdated !== undefined ? ` (ended ${statement.validUntil ?? "on an unknown day"})` : "";
  const by = statement.latest ? ` by ${statement.latest}` : "";
  return `[${statement.modality}] ${statement.actor ?? ""} ${textOf(statement)}${by}${past} ${waits} (${statement.source}, ${statement.locator})`;
}

function reasons(answer: Answer, found: Schemas["Reason"][] | undefined): string[] {
  return (found ?? []).map((r) => `${answer.conditions[r.condition]?.label ?? r.condition}: ${r.verdict}, ${r.field} ${JSON.stringify(r.value)}`);
}

// One function for each key of an answer: a key that is added or taken away does not compile.
const read: { [Key in keyof Required<Answer>]: (answer: Answer) => string[] } = {
  id: (a) => [a.id ?? "(no name)"],
  episode: (a) => [a.episode ?? "(no episode)"],
  assessmentDate: (a) => [a.assessmentDate ?? "unknown"],
  guideline: (a) => [a.guideline.id, a.guideline.iri, a.guideline.label, a.guideline.version, a.guideline.content, ...a.guideline.editions],
  stage: (a) => [a.stage ?? "not decided"],
  summary: (a) => a.summary.map((l) => `${l.severity} ${l.kind}${l.section ? ` (${l.section})` : ""}: ${l.text} ${l.date ?? ""} ${l.countedFrom?.date ?? ""} -> ${l.ref.decision ?? l.ref.statement ?? l.ref.warning ?? l.ref.programme ?? l.ref.field}`),
  summaryMore: (a) => [`${a.summaryMore.toFixed()} more`],
  decisions: (a) =>
    Object.entries(a.decisions).flatMap(([name, d]) => [
      `${name} is ${d.status}: ${d.answers.join(", ")} of ${d.possible.join(", ")}; unknown ${d.missing.join(", ")}`,
      ...Object.entries(d.labels).map(([option, label]) => `${option}: ${label}`),
      ...d.boxes,
      ...d.openPoints.map((p) => `${p.id}${p.decisive ? "!" : ""}`),
      ...reasons(a, d.because),
      ...Object.entries(d.whyNot ?? {}).flatMap(([option, found]) => [option, ...reasons(a, found)]),
    ]),
  boxes: (a) => a.boxes.flatMap((b) => [`${b.label} ${b.title ?? ""} ${b.section} ${b.decision} ${b.option ?? ""}`, ...b.statements.map((s) => said(a, s))]),
  notices: (a) => a.notices.map((s) => said(a, s)),
  eligibility: (a) =>
    Object.entries(a.eligibility).flatMap(([name, p]) => [
      `${name}, ${p.label}: ${p.assessed ? p.verdict : "not assessed"} (${p.status}) by ${p.edition ?? "an unknown edition"}`,
      `${p.eligibleFrom ?? "?"} to ${p.eligibleUntil ?? "?"}, ${p.eligibleRange}, ${p.eligibleOutdatedFrom ?? "in force"}`,
      ...(p.outdated !== undefined ? [`ended ${p.validUntil ?? "?"}`] : []),
      ...p.criteria.flatMap((c) => [`${c.label}: ${c.verdict}`, ...reasons(a, c.because)]),
      ...p.editions.map((e) => `${e.id} ${e.label} ${e.validFrom ?? ""} ${e.validUntil ?? ""} ${e.applies} ${e.verdict} ${e.outdated} ${e.missing} ${e.criteria.map((c) => c.id + c.verdict)}`),
      ...p.missing,
      ...[...p.benefits, ...p.nextSteps].map((s) => said(a, s)),
      ...p.limits.map((l) => `${said(a, l)}: ${l.reached}`),
    ]),
  facts: (a) =>
    Object.entries(a.facts).map(([key, f]) => `${key} ${f.applies} ${JSON.stringify(f.value)} ${f.from ?? ""} ${f.countedFrom?.field ?? ""} ${f.statements} ${JSON.stringify(f.alternatives ?? [])} ${f.outdated ?? ""}`),
  dates: (a) => {
    const statements = statementsOf(a);
    return a.dates.map((d) => {
      const statement = statements.get(d.id);
      return `${statement ? textOf(statement) : d.id}: ${day(d.earliest)} / ${day(d.latest)}, ${d.status} ${d.note ? a.openPoints[d.note]?.label : ""} ${d.countedFrom?.date ?? ""}`;
    });
  },
  conditions: (a) => Object.entries(a.conditions).map(([id, c]) => `${id}: ${c.label} ${c.ifPhrase ?? ""}`),
  openPoints: (a) => Object.entries(a.openPoints).map(([id, p]) => `${id} (${p.kind}): ${p.label} ${p.reading} ${p.declares}`),
  warnings: (a) => a.warnings.map((w) => `${w.severity} ${w.id}: ${w.label} [${w.modality}] ${w.applies ?? ""} (${w.source}, ${w.locator})`),
  nextQuestion: (a) => (a.nextQuestion ? [a.nextQuestion.question] : []),
  questions: (a) => a.questions.map((q) => `${q.field}: ${q.question} (${q.type}, ${q.unit ?? ""}) ${q.options.map((o) => `${o.value} ${o.label}`)} ${q.hint ?? ""} ${q.considers ?? ""} ${q.partial ?? false} for ${q.decides}`),
  missing: (a) => [...a.missing],
  changes: (a) => (a.changes ?? []).map((c) => `${c.date}: ${c.decision} ${c.status} ${c.answers}`),
  whatIf: (a) => (a.whatIf?.alternatives ?? []).map((o) => `${o.label} ${o.toLabel}: ${o.decisions.map((d) => `${d.decision} ${d.status} ${d.answers} ${Object.values(d.labels)}`)}`),
};

/** Return a text for each part of an answer. */
export function parts(answer: Answer): Map<string, string[]> {
  return new Map(Object.entries(read).map(([key, lines]) => [key, lines(answer)]));
}

/** Return the answer to a record; an error has every problem, each with the field that the record has. */
export async function assess(service: string, record: Body): Promise<Answer> {
  const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(record) };
  const response = await fetch(`${service}/v1/assess?explain=true&changes=true&whatIf=true`, sent);
  if (!response.ok) {
    const problem = (await response.json()) as Schemas["Problem"];
    const found = (problem.findings ?? []).map((f) => `${f.field ?? ""}: ${f.message}`);
    throw new Error([`${problem.status} ${problem.code}: ${problem.detail}`, ...found].join("\n"));
  }
  return (await response.json()) as Answer;
}
