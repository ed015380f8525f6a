import { engineFacts, type ModelSource } from './model-source.ts';
import type { OfferedUrl } from './tasks/urls.ts';

/** A model file by its URL, and by its name, under which it may be on a disk already. */
export interface OfferedFile extends OfferedUrl {
  readonly filename: string;
}

/** The files of a model that its engine reads. */
export const filesOffered = ({ engine, files }: ModelSource): readonly OfferedFile[] =>
  engineFacts(engine).readsFiles ? files.map(({ url, filename }) => ({ what: 'model', url, filename })) : [];
