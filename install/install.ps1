# Installs studio-worker for the account that runs this: no administrator, and nothing outside its own folders.
#
#   irm https://github.com/webbertakken/studio-worker/releases/latest/download/studio-worker-installer.ps1 | iex
#
# It runs in Windows PowerShell 5.1 and in PowerShell 7, and does what studio-worker-installer.sh does, in the same order:
# download the release's manifest and verify its signature, download the archive and verify its digest, run the new program's
# self-test, and only then put it in place. Every change is noted in a receipt before it is made. A failure or Ctrl-C
# reverses what this run changed, --uninstall reverses it all. Everything is inside one block, so that half a download
# does nothing, and so that nothing of it stays in the session that it was piped into.

& {

$BaseUrl = 'https://github.com/webbertakken/studio-worker/releases'
# The project's public keys, in minisign's form. The program carries the same two.
$Keys = 'RWTnqDDkPnPtrYuL8FQzuKAu6pSJCgrp5JOJZAXvUmD+KweahQdH6ZSv
RWTK4Mxy3BRsMrhAfXGrbcG9G0OgUcKmgqyrCS8yIfzZlCZlLLIMwugf'
$Mark = '# studio-worker'
$Task = 'MinisStudioWorker'
$Usage = @'
Installs studio-worker into %LOCALAPPDATA%\Programs\studio-worker, or into STUDIO_WORKER_INSTALL_DIR.

  --version X        this release instead of the latest
  --base-url URL     a mirror of the releases page (or STUDIO_WORKER_BASE_URL)
  --from FOLDER      a manifest, its signature and an archive that are on this disk; no network
  --no-modify-path   leave the PATH of this account and PowerShell's profile alone
  --dry-run          verify the release and show what would be done
  --uninstall        reverse every change; config, results and models stay
  --purge            with --uninstall: also remove config, results, registration and caches
'@

function Say($text) { if (-not $run.Quiet) { Write-Output $text } }
function Get-Size($path) { if (Test-Path -LiteralPath $path -PathType Leaf) { (Get-Item -LiteralPath $path).Length } else { 0 } }
function Remove-Quietly($path) { Remove-Item -LiteralPath $path -Recurse -Force -ErrorAction SilentlyContinue }

# Options are written as for the other installer, or in PowerShell's way: --base-url and -BaseUrl are the same.
function Read-Options($words) {
  $run.BaseUrl = if ($env:STUDIO_WORKER_BASE_URL) { $env:STUDIO_WORKER_BASE_URL } else { $BaseUrl }
  # The updater calls this with files that it has verified: the account is set up already.
  $run.Quiet = $env:STUDIO_WORKER_UPDATE -eq '1'
  $run.ModifyPath = -not $run.Quiet
  for ($at = 0; $at -lt $words.Count; $at++) {
    $name = if ("$($words[$at])".StartsWith('-')) { "$($words[$at])".Replace('-', '').ToLowerInvariant() } else { '' }
    if (@('version', 'baseurl', 'from') -contains $name) {
      if ($at + 1 -ge $words.Count) { throw "$($words[$at]) needs a value" }
      $at++
    }
    switch ($name) {
      'version' { $run.Version = "$($words[$at])" -replace '^v', '' }
      'baseurl' { $run.BaseUrl = "$($words[$at])" }
      'from' { $run.From = "$($words[$at])" }
      'nomodifypath' { $run.ModifyPath = $false }
      'dryrun' { $run.DryRun = $true }
      'uninstall' { $run.Uninstall = $true }
      'purge' { $run.Purge = $true }
      'help' { $run.Help = $true }
      default { throw "unknown option $($words[$at]); --help lists them" }
    }
  }
  if ($run.Purge -and -not $run.Uninstall) { throw '--purge goes with --uninstall' }
  $run.BaseUrl = $run.BaseUrl.TrimEnd('/')
  if ($run.BaseUrl -notmatch '^https://|^http://(127\.0\.0\.1|localhost|\[::1\])[:/]') {
    throw "$($run.BaseUrl): only https is accepted, and http from this machine"
  }
}

function Find-Places {
  if (-not $env:LOCALAPPDATA) { throw 'LOCALAPPDATA is not set to a folder of this account' }
  $asked = $env:STUDIO_WORKER_INSTALL_DIR
  if ($asked -and -not [IO.Path]::IsPathRooted($asked)) { throw "STUDIO_WORKER_INSTALL_DIR must be a full path, not $asked" }
  $run.BinDir = if ($asked) { $asked } else { Join-Path $env:LOCALAPPDATA 'Programs' | Join-Path -ChildPath 'studio-worker' }
  $run.Bin = Join-Path $run.BinDir 'studio-worker.exe'
  $run.Previous = Join-Path $run.BinDir 'studio-worker.previous'
  $run.DataDir = Join-Path $env:LOCALAPPDATA 'studio-worker'
  $run.Receipt = Join-Path $run.DataDir 'install-receipt.tsv'
}

# An x64 program runs on Windows for ARM, too, by emulation.
function Find-Target {
  $cpu = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
  if (@('AMD64', 'ARM64') -notcontains $cpu) { throw "there is no studio-worker for this processor ($cpu), only for 64-bit ones" }
  $run.Target = 'x86_64-pc-windows-msvc'
}

# A folder for everything that is not in its place yet, on the drive where the program goes. Two installations at a time
# would undo each other's changes.
function Open-Work {
  $run.Work = Join-Path ([IO.Path]::GetTempPath()) "studio-worker-install.$PID"
  if (-not $run.DryRun) {
    Add-Folder $run.BinDir
    $work = Join-Path $run.BinDir '.studio-worker-install'
    $run.Work = ''
    $holder = Get-Content -LiteralPath (Join-Path $work 'pid') -ErrorAction SilentlyContinue
    if ($holder -and (Get-Process -Id $holder -ErrorAction SilentlyContinue)) {
      throw "another installation is running (process $holder)"
    }
    Remove-Quietly $work
    $run.Work = $work
  }
  try {
    [void](New-Item -ItemType Directory -Path $run.Work)
    [IO.File]::WriteAllText((Join-Path $run.Work 'pid'), "$PID")
  } catch { throw "cannot write to $($run.BinDir); set STUDIO_WORKER_INSTALL_DIR to a folder of yours" }
}

# Makes a folder and those above it, each noted.
function Add-Folder($path) {
  if (Test-Path -LiteralPath $path -PathType Container) { return }
  Add-Folder (Split-Path -Parent $path)
  Add-Note "dir`t$path"
  try { [void](New-Item -ItemType Directory -Path $path) }
  catch { throw "cannot make the folder $path; set STUDIO_WORKER_INSTALL_DIR to a folder of yours" }
}

# Notes a change that is about to be made. Until the receipt is open the changes of this run are only in memory.
function Add-Note($entry) {
  if ((Read-Receipt) -ccontains $entry) { return }
  [void]$run.Changes.Add($entry)
  if ($run.ReceiptOpen) { [IO.File]::AppendAllText($run.Receipt, "$entry`n") }
}

function Read-Receipt {
  if (Test-Path -LiteralPath $run.Receipt) { [IO.File]::ReadAllText($run.Receipt) -split "`r?`n" | Where-Object { $_ } }
}

function Open-Receipt {
  Add-Folder $run.DataDir
  if (Test-Path -LiteralPath $run.Receipt) { Copy-Item -LiteralPath $run.Receipt (Join-Path $run.Work 'receipt.before') }
  $run.ReceiptOpen = $true
  foreach ($entry in $run.Changes) { [IO.File]::AppendAllText($run.Receipt, "$entry`n") }
}

# Downloads a file, and resumes what breaks off.
function Get-ReleaseFile($url, $path) {
  foreach ($pause in 1, 3, 0) {
    $had = Get-Size $path
    try { Receive-File $url $path; return } catch { $why = $_.Exception.GetBaseException().Message }
    if ($why -match '404') { break }
    # A server that cannot resume would fail in the same way for ever.
    if ((Get-Size $path) -le $had) { Remove-Quietly $path }
    Start-Sleep -Seconds $pause
  }
  throw "cannot download ${url}: $why"
}

function Receive-File($url, $path) {
  $had = Get-Size $path
  $request = [Net.WebRequest]::Create($url)
  if ($had -gt 0) { $request.AddRange($had) }
  $response = Wait-Task $request.GetResponseAsync()
  $resumes = [int]$response.StatusCode -eq 206
  $mode = if ($resumes) { [IO.FileMode]::Append } else { [IO.FileMode]::Create }
  $file = [IO.File]::Open($path, $mode)
  try {
    $from = $response.GetResponseStream()
    $buffer = New-Object byte[] 262144
    $got = 0
    while (($count = Wait-Task $from.ReadAsync($buffer, 0, $buffer.Length)) -gt 0) {
      $file.Write($buffer, 0, $count)
      $got += $count
      if ($run.ShowsProgress) { Write-Progress 'studio-worker' -PercentComplete ([Math]::Min(100, 100 * $got / $response.ContentLength)) }
    }
    if ($response.ContentLength -gt $got) { throw 'the connection broke' }
  } finally {
    $file.Dispose()
    $response.Close()
  }
}

# Waits a minute at most, in short steps: only between them does PowerShell notice Ctrl-C.
function Wait-Task($task) {
  for ($waits = 0; -not $task.Wait(200); $waits++) { if ($waits -ge 300) { throw 'nothing came for a minute' } }
  $task.Result
}

# Leaves the verified facts of the release in Version and Archive.
function Get-Manifest {
  $run.Manifest = Join-Path $run.Work 'dist-manifest.json'
  $signature = "$($run.Manifest).minisig"
  if ($run.From) {
    foreach ($name in 'dist-manifest.json', 'dist-manifest.json.minisig') {
      $path = Join-Path $run.From $name
      if (-not (Test-Path -LiteralPath $path)) { throw "$($run.From) lacks a manifest or its signature" }
      Copy-Item -LiteralPath $path $run.Work
    }
  } else {
    $run.Page = if ($run.Version) { "$($run.BaseUrl)/download/studio-worker-v$($run.Version)" } else { "$($run.BaseUrl)/latest/download" }
    Get-ReleaseFile "$($run.Page)/dist-manifest.json" $run.Manifest
    $text = [IO.File]::ReadAllText($run.Manifest)
    if ($text -notmatch '(?m)^"schema": "studio-worker-release/1",$') { throw "$($run.Page) has no release for this installer" }
    # By its version from here on: another release may become the latest meanwhile.
    if (-not $run.Version -and $text -match '(?m)^"version": "([0-9A-Za-z.+-]+)",$') {
      $run.Page = "$($run.BaseUrl)/download/studio-worker-v$($Matches[1])"
    }
    Get-ReleaseFile "$($run.Page)/dist-manifest.json.minisig" $signature
  }
  $run.Signed = Confirm-Signature $run.Manifest $signature
  $facts = [IO.File]::ReadAllText($run.Manifest) | ConvertFrom-Json
  if ($run.Version -and $run.Version -cne $facts.version) { throw "the manifest is that of $($facts.version), not of $($run.Version)" }
  $run.Version = $facts.version
  $run.Archive = $facts.artifacts | Where-Object { $_.kind -ceq 'worker' -and $_.target -ceq $run.Target } | Select-Object -First 1
  if (-not $run.Archive) { throw "studio-worker $($run.Version) is not available for $($run.Target)" }
  if ($run.Archive.name -notmatch '^[A-Za-z0-9][A-Za-z0-9._+-]*$') { throw 'the manifest cannot be read' }
}

# Windows has nothing that verifies Ed25519. Git for Windows brings an OpenSSL that does.
function Confirm-Signature($manifest, $signature) {
  $verifier = Find-Verifier
  if (-not $verifier) { return 'verified only by the new program itself, for want of minisign or OpenSSL 3' }
  foreach ($key in $Keys -split '\s+') {
    $accepted = if ($verifier -eq 'minisign') {
      (Start-Program 'minisign' '-V', '-q', '-m', $manifest, '-x', $signature, '-P', $key).Code -eq 0
    } else { Test-WithOpenSsl $manifest $signature $key }
    if ($accepted) { return "good, by $verifier" }
  }
  throw 'the signature of the manifest is not by the project: this is no release of studio-worker'
}

function Find-Verifier {
  if (Get-Command minisign -CommandType Application -ErrorAction SilentlyContinue) { return 'minisign' }
  if (-not (Get-Command openssl -CommandType Application -ErrorAction SilentlyContinue)) { return '' }
  if ((Start-Program 'openssl' 'pkeyutl', '-help').Text -match '-rawin') { return 'openssl' }
  return ''
}

# What minisign signs is the BLAKE2b-512 digest of the file. A key is its last 32 bytes, a signature its last 64.
function Test-WithOpenSsl($manifest, $signature, $key) {
  $path = @{}
  foreach ($name in 'key', 'blob', 'digest') { $path[$name] = Join-Path $run.Work $name }
  try { $blob = [Convert]::FromBase64String(([IO.File]::ReadAllLines($signature))[1]) } catch { return $false }
  if ($blob.Length -ne 74 -or $blob[0] -ne 0x45 -or $blob[1] -ne 0x44) { return $false }
  $public = [Convert]::FromBase64String($key)
  [byte[]]$der = 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
  [IO.File]::WriteAllBytes($path.key, [byte[]]($der + $public[10..41]))
  [IO.File]::WriteAllBytes($path.blob, [byte[]]$blob[10..73])
  if ((Start-Program 'openssl' 'dgst', '-blake2b512', '-binary', '-out', $path.digest, $manifest).Code -ne 0) { return $false }
  $words = '-verify', '-pubin', '-keyform', 'DER', '-inkey', $path.key, '-rawin', '-in', $path.digest, '-sigfile', $path.blob
  return (Start-Program 'openssl' (@('pkeyutl') + $words)).Code -eq 0
}

# Runs a program and gives its exit code and all that it said.
function Start-Program($program, [string[]]$words) {
  $start = New-Object Diagnostics.ProcessStartInfo
  $start.FileName = $program
  $start.Arguments = ($words | ForEach-Object { '"' + $_ + '"' }) -join ' '
  $start.UseShellExecute = $false
  $start.CreateNoWindow = $true
  $start.RedirectStandardInput = $true
  $start.RedirectStandardOutput = $true
  $start.RedirectStandardError = $true
  if ($run.Work) { $start.EnvironmentVariables['STUDIO_WORKER_CACHE_DIR'] = Join-Path $run.Work 'cache' }
  $process = [Diagnostics.Process]::Start($start)
  $process.StandardInput.Dispose()
  $out = $process.StandardOutput.ReadToEndAsync()
  $err = $process.StandardError.ReadToEndAsync()
  while (-not $process.WaitForExit(200)) { }
  @{ Code = $process.ExitCode; Text = ($out.Result + $err.Result).Trim() }
}

function Get-Archive {
  $name = $run.Archive.name
  if ($run.From) {
    $run.ArchivePath = Join-Path $run.From $name
    if (-not (Test-Path -LiteralPath $run.ArchivePath)) { throw "$($run.From) lacks $name" }
  } else {
    $run.ArchivePath = Join-Path $run.Work $name
    $run.ShowsProgress = -not ($run.Quiet -or [Console]::IsErrorRedirected)
    Get-ReleaseFile "$($run.Page)/$name" $run.ArchivePath
    if ($run.ShowsProgress) { Write-Progress 'studio-worker' -Completed }
  }
  $sha256 = (Get-FileHash -LiteralPath $run.ArchivePath -Algorithm SHA256).Hash
  if ((Get-Size $run.ArchivePath) -ne $run.Archive.sizeBytes -or $sha256 -ne $run.Archive.sha256) {
    throw "$name is not the file that the manifest names: its size or SHA-256 differs"
  }
  Say "  archive    $([Math]::Ceiling($run.Archive.sizeBytes / 1e6)) MB, SHA-256 as signed"
}

# Unpacks the archive and has the new program verify it, with its own keys, and load its libraries.
function Test-NewProgram {
  try { Expand-Archive -LiteralPath $run.ArchivePath -DestinationPath $run.Work -Force }
  catch { throw "cannot unpack $($run.Archive.name), for which disk space may be missing: $($_.Exception.Message)" }
  $run.Unpacked = Join-Path $run.Work "studio-worker-$($run.Target)"
  $run.New = Join-Path $run.Unpacked 'studio-worker.exe'
  if (-not (Test-Path -LiteralPath $run.New)) { throw "$($run.Archive.name) holds no studio-worker" }
  $tested = Start-Program $run.New '--self-test', '--manifest', $run.Manifest, '--signature', "$($run.Manifest).minisig", '--archive', $run.ArchivePath
  if ($tested.Code -ne 0) { throw "the new program fails its self-test (exit code $($tested.Code)): $($tested.Text)" }
  Say '  self-test  passed'
}

# Windows lets a running program be renamed, and neither replaced nor removed.
function Install-Program {
  Add-Note "file`t$($run.Bin)"
  $aside = Join-Path $run.BinDir "studio-worker.$PID.old.exe"
  if (Test-Path -LiteralPath $run.Bin) {
    Add-Note "file`t$($run.Previous)"
    Move-Item -LiteralPath $run.Bin $aside
    $run.Aside = $aside
  }
  $run.Swapped = $true
  Move-Item -LiteralPath $run.New $run.Bin
  $answer = (Start-Program $run.Bin '--version').Text
  if ($answer -cne "studio-worker $($run.Version)") { throw "$($run.Bin) says that it is $answer" }
  if ($run.Aside) { Move-ToPrevious $aside }
  $run.Committed = $true
  Say "  installed  $($run.Bin)"
}

# The version before the last may itself still run, and then has to be left to a later run.
function Move-ToPrevious($aside) {
  Get-ChildItem -LiteralPath $run.BinDir -Filter 'studio-worker.*.old.exe' | Where-Object { $_.FullName -ne $aside } |
    ForEach-Object { Remove-Quietly $_.FullName }
  Remove-Quietly $run.Previous
  if (Test-Path -LiteralPath $run.Previous) {
    $busy = Join-Path $run.BinDir "studio-worker.$PID.busy.old.exe"
    Add-Note "file`t$busy"
    Move-Item -LiteralPath $run.Previous $busy
  }
  Move-Item -LiteralPath $aside $run.Previous
}

# The PATH of the account, unexpanded: an entry such as %USERPROFILE%\bin stays what it is.
function Get-UserPath { (Get-Item 'HKCU:\Environment').GetValue('Path', '', 'DoNotExpandEnvironmentNames') }

function Set-UserPath($value) {
  Set-ItemProperty 'HKCU:\Environment' 'Path' $value -Type ExpandString
  # Tells programs that are running, such as the desktop, that the environment has changed.
  [Environment]::SetEnvironmentVariable('STUDIO_WORKER_NO_SUCH_VARIABLE', $null, 'User')
}

function Add-ToPath {
  $entries = @((Get-UserPath) -split ';' | Where-Object { $_ })
  if ($entries -contains $run.BinDir) { return }
  Add-Note "userpath`t$($run.BinDir)"
  Set-UserPath (($entries + $run.BinDir) -join ';')
  $env:Path = "$($env:Path)$([IO.Path]::PathSeparator)$($run.BinDir)"
  Say "  PATH       $($run.BinDir)"
}

# Completions come with a line in PowerShell's profile, which is read only where scripts may run at all.
function Add-Completions {
  $from = Join-Path $run.Unpacked 'completions' | Join-Path -ChildPath 'studio-worker.ps1'
  $script = Join-Path $run.DataDir 'studio-worker.ps1'
  if (-not (Test-Path -LiteralPath $from)) { return }
  Add-Note "file`t$script"
  Copy-Item -LiteralPath $from $script -Force
  if (-not $run.ModifyPath -or @('Restricted', 'AllSigned') -contains (Get-ExecutionPolicy)) { return }
  Add-Line $PROFILE.CurrentUserAllHosts ". '$($script.Replace("'", "''"))' $Mark"
}

# Appends a line to a file unless it is there. A file that ends without a line feed gets one first, which is noted too.
function Add-Line($path, $line) {
  $encoding = Get-Encoding $path
  $text = if (Test-Path -LiteralPath $path) { [IO.File]::ReadAllText($path, $encoding) } else { '' }
  if (($text -split "`r?`n") -ccontains $line) { return }
  if (-not (Test-Path -LiteralPath $path)) {
    Add-Folder (Split-Path -Parent $path)
    Add-Note "file`t$path"
  } elseif ($text -and -not $text.EndsWith("`n")) {
    Add-Note "newline`t$path"
    [IO.File]::AppendAllText($path, "`n", $encoding)
  }
  Add-Note "line`t$path`t$line"
  [IO.File]::AppendAllText($path, "$line`n", $encoding)
  Say "  profile    $path"
}

# As the mark at its start says, else as this PowerShell reads it: 5.1 by the code page of the system, 7 as UTF-8.
function Get-Encoding($path) {
  $start = if (Test-Path -LiteralPath $path) { [IO.File]::ReadAllBytes($path) | Select-Object -First 2 } else { @() }
  if ("$start" -eq '255 254') { return [Text.Encoding]::Unicode }
  if ("$start" -eq '239 187') { return [Text.Encoding]::UTF8 }
  [Text.Encoding]::Default
}

function Show-Plan {
  $source = if ($run.From) { $run.From } else { $run.Page }
  Say "would install studio-worker $($run.Version) for $($run.Target)"
  Say "  from       $source/$($run.Archive.name) ($([Math]::Ceiling($run.Archive.sizeBytes / 1e6)) MB)"
  Say "  to         $($run.Bin)"
  if ($run.ModifyPath) { Say '  PATH       of this account, where the folder is missing, and completions in the profile' }
}

function Uninstall-StudioWorker {
  # The program knows what else it made, such as the models that it downloaded. What it leaves is reversed below.
  if ($run.Purge -and -not $run.DryRun -and (Test-Path -LiteralPath $run.Bin)) {
    try { [void](Start-Program $run.Bin 'uninstall', '--purge', '--yes') } catch { Write-Warning "$($run.Bin) does not run" }
  }
  $entries = @(Read-Receipt)
  if ($entries.Count -eq 0 -and -not $run.Purge) { throw "nothing to uninstall: there is no receipt at $($run.Receipt)" }
  if ($run.DryRun) { Say 'would reverse:'; $entries | ForEach-Object { Say $_ }; return }
  Undo-Changes $entries 'files'
  if ($run.Purge) {
    Remove-Quietly $run.DataDir
    if ($env:APPDATA) {
      Remove-Quietly (Join-Path $env:APPDATA 'minis' | Join-Path -ChildPath 'minis-studio-worker')
      Remove-Quietly (Join-Path $env:APPDATA 'minis-studio-worker')
    }
  }
  Remove-Quietly $run.Receipt
  # Last, since the receipt itself was in one of them.
  Undo-Changes $entries 'folders'
  Say 'studio-worker is uninstalled'
  if (-not $run.Purge) { Say "config and results stay in $env:APPDATA, models where they are" }
}

# Reverses changes, the last one first: folders, or everything else.
function Undo-Changes($entries, $what) {
  for ($at = @($entries).Count - 1; $at -ge 0; $at--) {
    $kind, $path, $text = @($entries)[$at] -split "`t", 3
    if (($kind -ceq 'dir') -ne ($what -ceq 'folders')) { continue }
    switch -CaseSensitive ($kind) {
      'dir' { Undo-Folder $path }
      'file' { Undo-File $path $entries }
      'line' { Remove-Text $path "$text`n" }
      'newline' { Remove-Text $path "`n" -AtEnd }
      'userpath' { Set-UserPath (@((Get-UserPath) -split ';' | Where-Object { $_ -and $_ -ne $path }) -join ';') }
      'service' { Undo-Service $path }
      'login' { Undo-Login $path }
      default { Write-Warning "do not know how to reverse: $kind $path" }
    }
  }
}

function Undo-Folder($path) {
  if (-not (Test-Path -LiteralPath $path)) { return }
  try { [IO.Directory]::Delete($path) } catch { Say "kept $path, which is not empty" }
}

# A profile that was made for a line of ours may have got others since.
function Undo-File($path, $entries) {
  $hasLine = @($entries | Where-Object { $_.StartsWith("line`t$path`t") }).Count -gt 0
  if ($hasLine -and (Get-Size $path) -gt 0) { return }
  Remove-Quietly $path
  if (Test-Path -LiteralPath $path) { Write-Warning "$path is running: end it, and remove the file" }
}

# Removes the last place where a file has a text, or its very end, and no other byte.
function Remove-Text($path, $text, [switch]$AtEnd) {
  if (-not (Test-Path -LiteralPath $path)) { return }
  # Latin-1 has a character for each byte.
  $latin1 = [Text.Encoding]::GetEncoding(28591)
  $all = $latin1.GetString([IO.File]::ReadAllBytes($path))
  $removed = $latin1.GetString((Get-Encoding $path).GetBytes($text))
  $at = $all.LastIndexOf($removed, [StringComparison]::Ordinal)
  if ($at -ge 0 -and -not ($AtEnd -and $at + $removed.Length -lt $all.Length)) { [IO.File]::WriteAllBytes($path, $latin1.GetBytes($all.Remove($at, $removed.Length))) }
}

function Undo-Service($path) {
  try { [void](Start-Program 'schtasks' '/Delete', '/TN', $Task, '/F') } catch { Write-Warning "could not remove the task ${Task}: $_" }
  Remove-Quietly $path
}

function Undo-Login($path) {
  Remove-Quietly $path
  Remove-ItemProperty 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Run' 'studio-worker-ui' -ErrorAction SilentlyContinue
}

# Runs at every end. Before the new program is in place and answers, everything is as it was.
function Clear-Work {
  if (-not $run.Committed) {
    if ($run.Swapped) { Remove-Quietly $run.Bin }
    if ($run.Aside) { Move-Item -LiteralPath $run.Aside $run.Bin }
    if ($run.ReceiptOpen) {
      $before = Join-Path $run.Work 'receipt.before'
      if (Test-Path -LiteralPath $before) { Move-Item -LiteralPath $before $run.Receipt -Force } else { Remove-Quietly $run.Receipt }
    }
  }
  if ($run.Work) { Remove-Quietly $run.Work }
  if (-not $run.Committed) { Undo-Changes $run.Changes 'folders' }
}

function Install-StudioWorker {
  Find-Target
  try {
    Open-Work
    Get-Manifest
    if ($run.DryRun) { Show-Plan; return }
    Say "studio-worker $($run.Version) for $($run.Target)"
    Say "  signature  $($run.Signed)"
    Open-Receipt
    Get-Archive
    Test-NewProgram
    Install-Program
    # The program works without these.
    try { Add-Completions } catch { Write-Warning "no completions: $_" }
    try { if ($run.ModifyPath) { Add-ToPath } } catch { Write-Warning "add $($run.BinDir) to the PATH yourself: $_" }
  } finally { Clear-Work }
  if (Test-Path -LiteralPath $run.Previous) { Say 'A worker that runs now keeps its version until it is restarted.' }
  Say 'Next: studio-worker setup'
}

# Everything that functions share, by name.
$run = @{
  BaseUrl = ''; Version = ''; From = ''; DryRun = $false; Uninstall = $false; Purge = $false; Help = $false
  Changes = New-Object Collections.ArrayList; Work = ''; Receipt = ''; ReceiptOpen = $false
  Aside = ''; Swapped = $false; Committed = $false; ShowsProgress = $false
}
$ErrorActionPreference = 'Stop'
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
try {
  Read-Options $args
  if ($run.Help) { Write-Output $Usage; return }
  Find-Places
  if ($run.Uninstall) { Uninstall-StudioWorker } else { Install-StudioWorker }
} catch {
  # `exit` would close the session that this was piped into.
  if (-not $PSCommandPath) { throw }
  [Console]::Error.WriteLine("error: $($_.Exception.Message)")
  exit 1
}

} @args
