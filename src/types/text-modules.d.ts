/** Files that the bundler embeds as text. */
declare module "*.lua" {
  const text: string;
  export default text;
}
