/** Whether the system's loader finds a shared library that has this function. It is closed again at once. */
export type HasLibrary = (name: string, itsFunction: string) => Promise<boolean>;

/** By the loader of this machine. */
export const hasLibrary: HasLibrary = async (name, itsFunction) => {
  const { dlopen } = await import('bun:ffi'); // costs time at start, which most commands need not pay
  try {
    dlopen(name, { [itsFunction]: { args: ['ptr', 'ptr'], returns: 'ptr' } }).close();
    return true;
  } catch {
    return false; // not there, not loadable or without that function: to a caller all one
  }
};
