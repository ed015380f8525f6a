/* Files that are imported as their text. */

declare module '*.css' {
  const text: string;
  export = text;
}

declare module '*.svg' {
  const text: string;
  export = text;
}
