/** What came of something that a form asked for; a refusal is in the studio's words. */
export type FormOutcome<Answer> =
  { readonly is: 'done'; readonly answer: Answer } | { readonly is: 'refused'; readonly because: string };

/** A list that is read when it is looked at. What was read once stays while the studio does not answer. */
export type Listed<Item> =
  | { readonly is: 'reading' }
  | { readonly is: 'read'; readonly items: readonly Item[] }
  | { readonly is: 'failed'; readonly because: string };
