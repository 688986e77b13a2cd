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
    }
    if (Test-Path -LiteralPath $app) { Rename-Item -LiteralPath $app -NewName 'app.old' }
    Rename-Item -LiteralPath $new -NewName 'app'
    $env:OCTOPUS_TOKEN = $token
    & (Join-Path $app 'octopus-client.cmd') install-service --scope $scope --folder $folder --server $server
    $code = $LASTEXITCODE
    $env:OCTOPUS_TOKEN = $null
    if ($code -ne 0) {
      if (Test-Path -LiteralPath $old) {
        Remove-Item -LiteralPath $app -Recurse -Force
        Rename-Item -LiteralPath $old -NewName 'app'
        & (Join-Path $app 'octopus-client.cmd') install-service --scope $scope --folder $folder --server $server | Out-Null
        throw 'The new client could not be started: the old one is back.'
      }
      throw 'The client was not installed; the reason stands above.'
    }
  }
  finally {
    $env:OCTOPUS_TOKEN = $null
    foreach ($path in $zip, $new, $old) { if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force -ErrorAction SilentlyContinue } }
  }
}

# The last line: a download that broke off has done nothing.
Install-OctopusClient
