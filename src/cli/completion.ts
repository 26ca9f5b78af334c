/** `btu completion`. */
import { defineLeaf } from "./command.ts";
import bash from "./completions/btu.bash" with { type: "text" };
import fish from "./completions/btu.fish" with { type: "text" };
import zsh from "./completions/btu.zsh" with { type: "text" };
import { EXIT } from "./exit.ts";

/** The shells that there is a completion for. */
const SHELLS = ["bash", "zsh", "fish"] as const;

/** The completion of each shell. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash,
  zsh,
  fish,
};

/** What to type so that a shell knows it from now on. */
const INSTALLED_AS = {
  bash: "btu completion bash > ~/.local/share/bash-completion/completions/btu",
  zsh: "btu completion zsh > ~/.zfunc/_btu",
  fish: "btu completion fish > ~/.config/fish/completions/btu.fish",
} as const;

/** The command. */
export const completionCommand = defineLeaf(
  {
    name: "completion",
    about: "Print the completion for a shell: commands, flags, ids of schedules and tasks",
    needs: "nothing",
    details: [
      "The packages install it. Ids and queues come from the running daemon; without one commands, flags, files and time zones " +
        "are completed all the same. For zsh the folder must stand in $fpath before compinit runs.",
    ],
    examples: [
      ["source <(btu completion bash)", "For this shell; in zsh likewise"],
      ["btu completion fish | source", "The same in fish"],
      [INSTALLED_AS.bash, "For every bash from now on"],
      [INSTALLED_AS.zsh, "For every zsh"],
      [INSTALLED_AS.fish, "For every fish"],
    ],
  },
  {
    shell: {
      type: "positional",
      valueHint: SHELLS.join("|"),
      description: "The shell to print it for",
    },
  },
  (flags, { output }) => {
    output.write(SCRIPTS[flags.choice("shell", SHELLS) ?? "bash"]);
    return Promise.resolve(EXIT.ok);
  },
);
