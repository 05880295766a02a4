#!/bin/bash
echo "millrace example: this test fails on purpose"
exit 1
