@echo off
rem Drag a folder of layers onto this file: drafts study.toml in it.
rem Drag a study.toml onto it: checks the inputs, assesses them into "result" beside it, opens the report.
setlocal
set "AG="%~dp0..\.venv\Scripts\python.exe" -m accessgis"
if not exist "%~dp0..\.venv\Scripts\python.exe" (
  echo Run install.bat first.
  goto end
)
if "%~1"=="" (
  echo Drag a folder of layers, or a study.toml, onto this file.
  goto end
)
if exist "%~1\" (
  %AG% study new "%~1"
  goto end
)
%AG% study check "%~1"
if errorlevel 1 goto end
%AG% assess "%~1" --out "%~dp1result"
if errorlevel 1 goto end
start "" "%~dp1result\report.html"
:end
pause
