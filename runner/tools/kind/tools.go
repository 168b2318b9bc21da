//go:build tools

// Package tools pins the modules from which the set-up builds kind.
package tools

import _ "sigs.k8s.io/kind"
