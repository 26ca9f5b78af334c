/** How deep a value nests, found without recursion. */
import { PyDict, PyObject, PySet, PyTuple } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** A container on the way from the root to the value that is looked at. */
interface Step {
  readonly container: object;
  readonly children: readonly PickleValue[];
  next: number;
  height: number;
}

function childrenOf(value: object): readonly PickleValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (value instanceof PySet) return [...value];
  if (value instanceof PyDict) return [...value].flat();
  return value instanceof PyObject ? partsOf(value) : [];
}

function partsOf({ callee, args, kwargs, state = null, items, entries }: PyObject): PickleValue[] {
  return [callee, ...args, kwargs, state, ...items, entries];
}

/** Tells whether the value nests deeper than `depthMax` levels. What contains itself counts once. */
export function isDeeperThan(value: PickleValue, depthMax: number): boolean {
  const heights = new Map<object, number>();
  const path: Step[] = [];
  const enter = (found: PickleValue | undefined): void => {
    if (found === null || typeof found !== "object") return;
    const known = heights.get(found);
    if (known !== undefined) return raise(path.at(-1), known);
    const children = childrenOf(found);
    if (children.length === 0) return raise(path.at(-1), 1);
    // Until its true height is known, what leads back to it adds nothing.
    heights.set(found, 0);
    path.push({ container: found, children, next: 0, height: 1 });
  };
  enter(value);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    if (path.length + step.height - 1 > depthMax) return true;
    if (step.next < step.children.length) {
      step.next += 1;
      enter(step.children[step.next - 1]);
      continue;
    }
    path.pop();
    heights.set(step.container, step.height);
    raise(path.at(-1), step.height);
  }
  return false;
}

function raise(parent: Step | undefined, childHeight: number): void {
  if (parent !== undefined) parent.height = Math.max(parent.height, childHeight + 1);
}
