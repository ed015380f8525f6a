/**
 * Windows opens a console for a program of the command line that nobody started from one, as at a login. It would stay as
 * an empty window for as long as the program does, and closing it would end the program: this closes it now. A console
 * that others use as well, such as the shell that the program was typed into, is left alone.
 *
 * Does nothing on other systems. What is written to a console that was closed goes nowhere.
 */
export async function closeOwnConsole(platform: NodeJS.Platform): Promise<void> {
  if (platform !== 'win32') return;
  const { dlopen } = await import('bun:ffi'); // costs time at start, which only what stays need pay
  const kernel = dlopen('kernel32.dll', {
    GetConsoleProcessList: { args: ['ptr', 'u32'], returns: 'u32' },
    FreeConsole: { args: [], returns: 'i32' },
  });
  const pids = new Uint32Array(2); // it tells how many there are, however few fit
  if (kernel.symbols.GetConsoleProcessList(pids, pids.length) === 1) kernel.symbols.FreeConsole();
  kernel.close();
}
