#!/bin/bash
# Outlives every short timeout; its first line must not be lost.
echo "millrace example: this test sleeps for 600 seconds"
exec sleep 600
