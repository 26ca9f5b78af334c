/** `import fire from "./fire.lua" with { type: "text" }` gives the script's text, also inside the executable. */
declare module "*.lua" {
  const text: string;
  export default text;
}
