/** What the daemon's signs of life are made of. */
import type { Service } from "./base/service.ts";
import { LifeSigns } from "./control/life-signs.ts";
import type { FireLoop } from "./engine/fire-loop.ts";
import type { ReconcileLoop } from "./engine/reconcile-loop.ts";
import type { Shared } from "./shared-parts.ts";

/** What `systemctl status` shows. */
function summary({ redis, book }: Shared, reconcile: ReconcileLoop, fireLoop: FireLoop): string {
  const down = [{ name: "Redis", problem: redis.problem }, ...reconcile.sources].find(
    ({ problem }) => problem !== null,
  );
  if (down !== undefined) return `${down.name} is not available: ${down.problem}`;
  if (fireLoop.problem !== null) return `nothing is fired: ${fireLoop.problem}`;
  return book.size === 1 ? "1 schedule" : `${book.size} schedules`;
}

/** The service that tells them to the manager who started us; none where nobody did. */
export function openLifeSigns(
  shared: Shared,
  { reconcile, fireLoop }: { readonly reconcile: ReconcileLoop; readonly fireLoop: FireLoop },
): Service[] {
  const { manager, config, clock, log } = shared;
  if (manager === null) return [];
  const signs = new LifeSigns({
    manager,
    rounds: () => fireLoop.rounds,
    socketPath: config.disable_unix_socket ? null : config.socket_path,
    summary: () => summary(shared, reconcile, fireLoop),
    clock,
    log: log.for("systemd"),
  });
  return [signs];
}
