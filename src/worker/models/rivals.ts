import type { CatalogueEntry } from '../../contract/catalogue.ts';

/** The models of the same exclusive group: they are unloaded before this one is loaded. None where it is in no group. */
export const rivalsOf = (
  { id, exclusiveGroup }: Pick<CatalogueEntry, 'id' | 'exclusiveGroup'>,
  others: readonly CatalogueEntry[],
): readonly CatalogueEntry[] =>
  exclusiveGroup === undefined
    ? []
    : others.filter((other) => other.id !== id && other.exclusiveGroup === exclusiveGroup);
