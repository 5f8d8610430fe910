// What must not compile; a line that does is reported by the compiler.
import type { Answer } from "./client";
import type { components } from "./schema";

declare const answer: Answer;
type Schema = components["schemas"]["Record"];

// @ts-expect-error there is no such decision
answer.decisions.managment;
// @ts-expect-error there is no such option
answer.decisions.exit?.answers.includes("contniue");
// @ts-expect-error there is no such status
answer.decisions.exit?.status === "decied";
// @ts-expect-error there is no such verdict
answer.eligibility["fedris-prevention"]?.verdict === "yes";
// @ts-expect-error there is no such fact
answer.facts.incapacityDays;
// @ts-expect-error the stage may be open
answer.stage.length;
// @ts-expect-error there is no such value of a field
export const value: Schema = { redFlags: "some" };
// @ts-expect-error there is no such field
export const field: Schema = { redFlag: "none" };
// @ts-expect-error there is no such severity
answer.warnings[0]?.severity === "fatal";

export const record: Schema = { redFlags: null, onsetDate: "2024-01", medications: [], severePain: true };
