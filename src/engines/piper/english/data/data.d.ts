/** Where a data file lies: beside its code, or inside the executable. */
declare module '*.txt' {
  const path: string;
  export default path;
}
