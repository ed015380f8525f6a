/** The library alone, with one model in memory. */
export interface Direct extends AsyncDisposable {
  takesMs(tokens: number, content: string): Promise<number>;
}

/** Starts the library in a process of its own; see `direct-chat.ts`. */
export async function startDirect(path: string, contextTokens: number): Promise<Direct> {
  const child = Bun.spawn([process.execPath, 'tests/bench/direct-chat.ts', path, String(contextTokens)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = child.stdout.getReader();
  const line = async (): Promise<string> => new TextDecoder().decode((await lines.read()).value);
  await line();
  return {
    async takesMs(tokens, content) {
      void child.stdin.write(`${tokens} ${content}\n`);
      await child.stdin.flush();
      return Number(await line());
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}
