//go:build programs

// Package lab names the program that the lab builds, so that its modules are pinned in go.mod.
package lab

import _ "github.com/weaveworks/weave/prog/weave-npc"
