//go:build programs

// Package lab names the program that the lab builds, so that its modules are pinned in go.mod.
package lab

import _ "sigs.k8s.io/kube-network-policies/cmd/kube-network-policies/standard"
