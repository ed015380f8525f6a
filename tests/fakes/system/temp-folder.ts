import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this test's own, gone with everything in it when the test ends. */
export async function tempFolder(): Promise<AsyncDisposable & { readonly path: string; at(name: string): string }> {
  const path = await mkdtemp(join(tmpdir(), 'studio-worker-'));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Waits for a promise, but not for ever, and says what it waited for. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a promise failed with; a promise that did not fail is a failed test. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const result = await work.then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );
  if (result === undefined) throw new Error('expected a failure');
  return result.thrown;
}
