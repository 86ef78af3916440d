#!/bin/sh
# Gives the page the settings of its environment.
set -eu
cat >/usr/share/nginx/html/config.js <<JS
window.mangooConfig = { apiUrl: '${API_URL:-/api}', environment: '${ENVIRONMENT:-local}' };
JS
