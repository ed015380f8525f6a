# What only Windows has, for runs of install.ps1 elsewhere: the registry's PATH of the account is a file, and nobody waits.
function Get-Item {
  param([Parameter(Position = 0)]$Path, $LiteralPath)
  if ($Path -ne 'HKCU:\Environment') { return Microsoft.PowerShell.Management\Get-Item @PSBoundParameters }
  $key = [pscustomobject]@{}
  $key | Add-Member ScriptMethod GetValue { param($name, $default) if (Test-Path $env:USER_PATH_FILE) { [IO.File]::ReadAllText($env:USER_PATH_FILE) } else { $default } }
  $key
}
function Set-ItemProperty($Path, $Name, $Value, $Type) {
  if ("$Path $Name $Type" -ne 'HKCU:\Environment Path ExpandString') { throw "unexpected: $Path $Name $Type" }
  [IO.File]::WriteAllText($env:USER_PATH_FILE, $Value)
}
function Remove-ItemProperty { }
function Start-Sleep { }
