<#
Lists services that should run and do not: a sample in PowerShell, for Windows.
#>
# octopus: actions=run,validate
# octopus: param name=* — names of services, with * for any text

$ErrorActionPreference = 'Stop'
$arguments = Get-Content -Raw -Encoding UTF8 $env:OCTOPUS_ARGS_FILE | ConvertFrom-Json
$name = $arguments.kwargs.name

if (-not (Get-Command Get-Service -ErrorAction SilentlyContinue)) {
    Write-Output '{"status": "error", "message": "there are no Windows services on this PC"}'
    exit 0
}

if ($env:OCTOPUS_ACTION -eq 'validate') {
    $count = @(Get-Service -Name $name).Count
    Write-Output "$count services match"
    exit 0
}

$stopped = @(Get-Service -Name $name | Where-Object { $_.StartType -eq 'Automatic' -and $_.Status -ne 'Running' })
foreach ($service in $stopped) { Write-Output "$($service.Name): $($service.Status)" }

# The last line is the result; -Compress keeps it on one line.
$report = @($stopped | ForEach-Object { @{ name = $_.Name; title = $_.DisplayName; status = "$($_.Status)" } })
Write-Output (ConvertTo-Json -Compress -InputObject $report)
