import type { ServiceStep } from './service.ts';

/**
 * Takes a folder out of the `Path` of a Windows account. Other entries stay as they are written, variables in them
 * included; the folder travels as a variable, since no quoting is safe in every language mode.
 */
export const removeUserPathStep: ServiceStep['command'] = [
  'powershell',
  '-NoProfile',
  '-NonInteractive',
  '-Command',
  [
    "$key = Get-Item 'HKCU:\\Environment'",
    "$old = $key.GetValue('Path', '', 'DoNotExpandEnvironmentNames')",
    "$new = ($old -split ';' | Where-Object { $_ -ne $env:PATH_ENTRY_TO_REMOVE }) -join ';'",
    "if ($new -ne $old) { Set-ItemProperty 'HKCU:\\Environment' -Name Path -Value $new -Type ExpandString }",
  ].join('; '),
];

/** The variable that names the folder. */
export const USER_PATH_VARIABLE = 'PATH_ENTRY_TO_REMOVE';
