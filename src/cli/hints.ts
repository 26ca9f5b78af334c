/** What stands in help for a word or for the value of a flag; completion knows by it what may stand there. */
import type { ArgDef } from "citty";

/** Whether it is a word of its own, not a flag. */
export function isWord({ type }: ArgDef): boolean {
  return type === "positional";
}

/** The values to choose from; null where anything may stand. `valueHint: "bash|zsh"` gives the choice of a word. */
export function choicesOf(definition: ArgDef): readonly string[] | null {
  if (definition.type === "enum") return definition.options ?? null;
  const { valueHint = "" } = definition;
  return valueHint.includes("|") ? valueHint.split("|") : null;
}

/** More choices than this are told behind the description. */
const CHOICES_LENGTH_MAX = 30;

/** `SCHEDULE`, `bash|zsh`; empty for a switch, which takes no value. */
export function hintOf(name: string, definition: ArgDef): string {
  if (definition.type === "boolean") return "";
  const { valueHint = choicesOf(definition)?.join("|") } = definition;
  if (valueHint !== undefined && valueHint.length <= CHOICES_LENGTH_MAX) return valueHint;
  const isNamed = isWord(definition) || valueHint !== undefined;
  return isNamed ? name.replaceAll(/[A-Z]/g, "_$&").toUpperCase() : "VALUE";
}

/** What it is for, and the choices where they are too many to stand in its hint. */
export function aboutOf(name: string, definition: ArgDef): string {
  const { description = "" } = definition;
  const choices = choicesOf(definition);
  if (choices === null || hintOf(name, definition).includes("|")) return description;
  return `${description}: ${choices.join(", ")}`;
}
