/** Text files that are embedded in the program. */
declare module "*.txt" {
  const text: string;
  export default text;
}
