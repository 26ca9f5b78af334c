/** What a service manager is told, received as systemd does it. */
import { resolve } from "node:path";
import { startChild } from "./child.ts";
import { eventually } from "./eventually.ts";
import { pythonPath } from "./python.ts";

/** A message and who sent it. */
export interface Notification {
  readonly pid: number;
  readonly message: string;
}

/** A running receiver. */
export interface NotifyReceiver extends AsyncDisposable {
  readonly received: () => readonly Notification[];
  /** Waits for a message, from `after` messages on. */
  waitFor(text: string, options?: { after?: number; timeoutMs?: number }): Promise<Notification>;
}

const SCRIPT = resolve(import.meta.dir, "python/notify_receiver.py");

/** Listens at a path, or at an abstract name that begins with "@". */
export async function startNotifyReceiver(socket: string): Promise<NotifyReceiver> {
  const child = startChild({ command: [pythonPath(), SCRIPT, socket] });
  await child.waitForOutput(/listening/);
  const received = (): Notification[] =>
    child
      .stdout()
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line) as Notification);
  return {
    received,
    waitFor: (text, { after = 0, timeoutMs = 10_000 } = {}) =>
      eventually(
        () =>
          received()
            .slice(after)
            .find(({ message }) => message.includes(text)),
        { timeoutMs, what: `the service manager is told ${text}` },
      ),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
