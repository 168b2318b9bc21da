//go:build tools

// Package tools pins the modules from which the set-up builds the Pulumi CLI.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
