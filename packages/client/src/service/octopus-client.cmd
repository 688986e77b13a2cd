@echo off
rem Starts the Octopus client with the Node that lies beside it. All of it is readable: client.mjs is the program.
setlocal
set NODE_OPTIONS=
set NODE_PATH=
"%~dp0bin\node.exe" "%~dp0client.mjs" %*
