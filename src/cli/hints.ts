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

/** `SCHEDULE`, `bash|zsh`; empty for a switch, which takes no value. */
export function hintOf(name: string, definition: ArgDef): string {
  if (definition.type === "boolean") return "";
  const { valueHint = choicesOf(definition)?.join("|") } = definition;
  return valueHint ?? (isWord(definition) ? name.toUpperCase() : "VALUE");
}
