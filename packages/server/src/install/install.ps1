# Installs the Octopus client on this PC, or brings a newer one: made by @SERVER@ for who asked there.
#
#   $env:OCTOPUS_TOKEN = 'octo1...'; irm @SERVER@/install.ps1 | iex        or let it ask for the token
#
#   $env:OCTOPUS_INSTALL_SCOPE = 'machine'   for everybody, started at boot (in a PowerShell of an administrator, its standard)
#   $env:OCTOPUS_INSTALL_SCOPE = 'user'      for this account, started when it signs in
#   $env:OCTOPUS_INSTALL_FOLDER              instead of Program Files\OctopusClient or AppData\Local\OctopusClient
#
# Needs Windows 10 1809 or newer, 64 bit, and the PowerShell that comes with it. Read by "iex" it is no script file, so
# that no execution policy stands in its way. Nothing is started before its checksum is right.

function Install-OctopusClient {
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue'
  Set-StrictMode -Version 2

  $server = '@SERVER@'
  $version = '@VERSION@'
  # system, file, SHA-256
  $archives = @'
@ARCHIVES@
'@

  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    throw 'PowerShell is restricted on this PC (constrained language mode). Let an administrator install the client.'
  }
  if (-not [Environment]::Is64BitOperatingSystem) { throw 'The Octopus client needs a 64 bit Windows.' }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  $line = $archives -split "`r?`n" | Where-Object { $_ -like 'win-x64 *' } | Select-Object -First 1
  if (-not $line) { throw 'This server has no client for Windows. Its administrator builds it: npm run build:client -- --target win-x64' }
  $file, $wanted = ($line -split ' ')[1, 2]

  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $isAdmin = (New-Object Security.Principal.WindowsPrincipal $identity).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
  $scope = $env:OCTOPUS_INSTALL_SCOPE
  if (-not $scope) { if ($isAdmin) { $scope = 'machine' } else { $scope = 'user' } }
  if ($scope -ne 'machine' -and $scope -ne 'user') { throw "OCTOPUS_INSTALL_SCOPE is '$scope'. It can be machine or user." }
  if ($scope -eq 'machine' -and -not $isAdmin) { throw 'A client of the whole machine is installed in a PowerShell of an administrator.' }
  $folder = $env:OCTOPUS_INSTALL_FOLDER
  if (-not $folder) {
    if ($scope -eq 'machine') { $folder = Join-Path $env:ProgramFiles 'OctopusClient' }
    else { $folder = Join-Path $env:LOCALAPPDATA 'OctopusClient' }
  }

  if (-not [IO.Path]::IsPathRooted($folder)) { throw "OCTOPUS_INSTALL_FOLDER is '$folder'. It must begin with a drive." }

  # Only the enrolment sees the token, and no list of processes.
  $token = $env:OCTOPUS_TOKEN
  $env:OCTOPUS_TOKEN = $null
  if (-not $token -and -not (Test-Path -LiteralPath (Join-Path $folder 'state\identity.json'))) {
    $secure = Read-Host -AsSecureString 'Enrolment token (from the dashboard, Clients, Connect a client)'
    $token = (New-Object Net.NetworkCredential '', $secure).Password
  }

  Write-Host "Octopus client $version for win-x64, into $folder"
  $new = Join-Path $folder 'app.new'
  $old = Join-Path $folder 'app.old'
  $app = Join-Path $folder 'app'
  $zip = Join-Path $folder 'archive.zip'
  # Windows lets go of a program some moments after it ended, and a virus scanner later still.
  function Move-Program($From, $Name) {
    for ($try = 1; ; $try++) {
      try { Rename-Item -LiteralPath $From -NewName $Name; return }
      catch { if ($try -ge 20) { throw }; Start-Sleep -Milliseconds 500 }
    }
  }
  function Start-Client {
    & (Join-Path $app 'octopus-client.cmd') install-service --scope $scope --folder $folder --server $server
  }

  # Whoever may change the folder, or those above it, could exchange the program: for a client of the machine that must
  # be nobody but the system and its administrators. (S-1-5-80-...: the installer of Windows; S-1-3-...: owners.)
  if ($scope -eq 'machine') {
    $trusted = 'S-1-5-18', 'S-1-5-32-544', 'S-1-3-0', 'S-1-3-4', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
    $sid = [Security.Principal.SecurityIdentifier]
    for ($path = $folder; $path; $path = Split-Path -Parent $path) {
      if (-not (Test-Path -LiteralPath $path)) { continue }
      $acl = Get-Acl -LiteralPath $path
      # Deleting, also of what is in it, changing its rights or its owner; in the folder itself writing, too.
      $bad = 0x500D0040
      if ($path -eq $folder) { $bad = 0x500D0156 }
      $who = @($acl.GetOwner($sid).Value)
      foreach ($rule in $acl.GetAccessRules($true, $true, $sid)) {
        $isHere = -not ([int]$rule.PropagationFlags -band 2)
        if ($isHere -and $rule.AccessControlType -eq 'Allow' -and ([int]$rule.FileSystemRights -band $bad)) { $who += $rule.IdentityReference.Value }
      }
      $others = @($who | Where-Object { $trusted -notcontains $_ -and $_ -ne $identity.User.Value })
      if ($others.Count -gt 0) { throw "$path can be changed by others ($($others -join ', ')), who could exchange the client. Name another folder in OCTOPUS_INSTALL_FOLDER." }
    }
  }
  New-Item -ItemType Directory -Force -Path $folder | Out-Null
  if ([int](Get-Item -LiteralPath $folder -Force).Attributes -band 0x400) { throw "$folder is a link. Name another folder in OCTOPUS_INSTALL_FOLDER." }
  # LocalService, as which a client of the machine runs, reads its program; in its state it may write, by rights of its own.
  if ($scope -eq 'machine') { $grants = '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-19:(OI)(CI)RX', '*S-1-5-32-545:(OI)(CI)RX' }
  else { $grants = "*$($identity.User.Value):(OI)(CI)F", '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F' }
  & icacls $folder /inheritance:r /grant:r $grants | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "The rights of $folder could not be set." }

  # What was cut off between two moves left the program there.
  if (-not (Test-Path -LiteralPath $app) -and (Test-Path -LiteralPath $old)) { Move-Program $old 'app' }
  $stopped = $false
  foreach ($path in $new, $old) { if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force } }
  New-Item -ItemType Directory -Force -Path $new | Out-Null
  try {
    Invoke-WebRequest -UseBasicParsing -Uri "$server/install/$file" -OutFile $zip
    $found = (Get-FileHash -LiteralPath $zip -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($found -ne $wanted) { throw "The download is damaged or was changed on the way: its checksum is $found, not $wanted." }
    Expand-Archive -LiteralPath $zip -DestinationPath $new -Force
    # Windows marks what comes from the network; its checksum says more.
    Get-ChildItem -LiteralPath $new -Recurse -File | Unblock-File
    & (Join-Path $new 'octopus-client.cmd') --version | Out-Null
    if ($LASTEXITCODE -ne 0) { throw 'The client does not start on this PC. Nothing was changed.' }

    if ((Test-Path -LiteralPath (Join-Path $folder 'installed.json')) -and (Test-Path -LiteralPath $app)) {
      Write-Host 'Stopping the client that runs here.'
      & (Join-Path $app 'octopus-client.cmd') stop-service --folder $folder
      if ($LASTEXITCODE -ne 0) { throw 'It could not be stopped. Nothing was changed.' }
      $stopped = $true
    }
    if (Test-Path -LiteralPath $app) { Move-Program $app 'app.old' }
    Move-Program $new 'app'
    $env:OCTOPUS_TOKEN = $token
    Start-Client
    $code = $LASTEXITCODE
    $env:OCTOPUS_TOKEN = $null
    if ($code -ne 0) {
      if (Test-Path -LiteralPath $old) {
        Remove-Item -LiteralPath $app -Recurse -Force
        throw 'The new client could not be started.'
      }
      throw 'The client was not installed; the reason stands above.'
    }
    $stopped = $false
  }
  finally {
    $env:OCTOPUS_TOKEN = $null
    # Whatever ended this while the program was exchanged: the one that was here is put back, and runs.
    if (-not (Test-Path -LiteralPath $app) -and (Test-Path -LiteralPath $old)) {
      try { Move-Program $old 'app' }
      catch { Write-Warning "The client that was here is in $old and does not run. Mend what stands here and run the line again: $_" }
    }
    if ($stopped -and (Test-Path -LiteralPath $app)) {
      Start-Client | Out-Null
      Write-Warning 'The client that was here is in its place again.'
    }
    $left = @($zip, $new)
    if (Test-Path -LiteralPath $app) { $left += $old }
    foreach ($path in $left) { if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force -ErrorAction SilentlyContinue } }
  }
}

# The last line: a download that broke off has done nothing.
Install-OctopusClient
