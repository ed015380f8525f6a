import type { Read } from '../../contract/read.ts';
import { ApiFailure } from './reply.ts';

/** A multipart form: its texts, read by their schema, and its files. */
export interface Form<Fields> {
  readonly fields: Fields;
  /** @throws ApiFailure 400 when the form has no such file, an empty one, or several */
  file(name: string): Promise<Uint8Array>;
  has(name: string): boolean;
}

/**
 * Reads a form that is held in memory, whole; the server bounds its size. A text that is given twice counts once, the
 * last.
 *
 * @throws ApiFailure 400, 415
 */
export async function readForm<Fields>(
  readFields: (json: string) => Read<Fields>,
  request: Request,
): Promise<Form<Fields>> {
  if (!/^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new ApiFailure(415, 'unsupported_media_type', 'the body must be multipart/form-data');
  }
  const form = await request.formData().catch(() => {
    throw new ApiFailure(400, 'bad_request', 'the form is damaged');
  });
  const texts = [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  const read = readFields(JSON.stringify(Object.fromEntries(texts)));
  if (read.is === 'unreadable') throw new ApiFailure(400, 'bad_request', read.problem);
  return {
    fields: read.value,
    has: (name) => form.get(name) instanceof Blob,
    async file(name) {
      const value = onlyFile(form.getAll(name));
      if (value instanceof Blob) return await value.bytes();
      throw new ApiFailure(400, 'bad_request', `${name}: ${value}`);
    },
  };
}

/** The one file there is, or why there is none to take: which of two is meant, nobody can tell. */
function onlyFile([first, ...others]: readonly (string | Blob)[]): Blob | string {
  if (others.length > 0) return `the form has ${others.length + 1} files of this name, and one is taken`;
  if (!(first instanceof Blob)) return 'the form has no file of this name';
  return first.size > 0 ? first : 'the file is empty';
}
