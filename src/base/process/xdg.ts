/** The folders of the XDG Base Directory Specification that we ask for. */
type XdgVariable = `XDG_${'CACHE' | 'CONFIG' | 'DATA' | 'STATE'}_HOME` | 'XDG_RUNTIME_DIR';

/**
 * The folder that a variable names, without a slash at its end. A relative one is invalid by the specification and must
 * be ignored: it would mean another folder wherever the worker is started.
 */
export function xdgFolder(get: (name: string) => string | undefined, variable: XdgVariable): string | undefined {
  const named = get(variable) ?? '';
  return named.startsWith('/') ? named.replace(/(?<!^)\/+$/, '') : undefined;
}
