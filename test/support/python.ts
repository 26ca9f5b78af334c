/** A Python interpreter for tests that compare with Python: BTU_TEST_PYTHON names one that has the packages they need. */

/** Runs a script with `input` as JSON on its standard input; its standard output is JSON too. */
export async function askPython(script: string, input: unknown): Promise<unknown> {
  const python = process.env["BTU_TEST_PYTHON"];
  if (python === undefined) throw new Error("set BTU_TEST_PYTHON to a Python interpreter");
  const child = Bun.spawn([python, "-c", script], {
    stdin: Buffer.from(JSON.stringify(input)),
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error("the Python script failed");
  return JSON.parse(text);
}
