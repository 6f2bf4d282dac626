@echo off
rem Double click once: makes .venv beside this folder and assesses the generated county.
rem Packages come from the folder "wheels" where there is one (no internet needed), else from PyPI.
setlocal
cd /d "%~dp0.."
set "PY=python"
where py >nul 2>nul && set "PY=py -3"
%PY% -c "import sys; sys.exit(sys.version_info < (3, 11))"
if errorlevel 1 (
  echo Python 3.11 or newer is needed: https://www.python.org/downloads/windows/
  goto end
)
if not exist ".venv\Scripts\python.exe" %PY% -m venv .venv
if errorlevel 1 goto end
set "FROM="
if exist "wheels\" set "FROM=--no-index --find-links wheels"
.venv\Scripts\python -m pip install %FROM% --require-hashes -r requirements.lock
if errorlevel 1 goto end
.venv\Scripts\python -m pip install %FROM% --no-deps .
if errorlevel 1 goto end
.venv\Scripts\python -m accessgis demo out\demo
if errorlevel 1 goto end
start "" "out\demo\out\report.html"
:end
pause
