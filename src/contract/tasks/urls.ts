import { isDataUrl } from '../../base/urls.ts';

/** A URL that whoever makes jobs has a worker fetch. */
export interface OfferedUrl {
  /** What it is of, for people. */
  readonly what: string;
  readonly url: string;
}

/** An input by its URL; an empty one is none. */
export const urlOf = (what: string, url: string | undefined): readonly OfferedUrl[] =>
  url === undefined || url === '' ? [] : [{ what, url }];

/** The same where the input may be in the task itself, as a `data:` URL that nobody has to fetch. */
export const urlUnlessInline = (what: string, url: string): readonly OfferedUrl[] =>
  isDataUrl(url) ? [] : urlOf(what, url);
