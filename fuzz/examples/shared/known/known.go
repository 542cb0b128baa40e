// Package known lets a campaign go on behind a finding. A target that panics at every fourth input finds
// nothing else any more; what NP_EXAMPLE_KNOWN names is counted and survived.
package known

import (
	"os"
	"runtime/debug"
	"strings"
)

// Parts of function names as a stack shows them, such as npc.(*selectorSet).deprovision; commas between.
var names = func() []string {
	if v := os.Getenv("NP_EXAMPLE_KNOWN"); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}()

func isKnown(stack string) bool {
	for _, n := range names {
		if n != "" && strings.Contains(stack, n+"(") {
			return true
		}
	}
	return false
}

func try(f func() int) (stage int, stack string) {
	defer func() {
		if recover() != nil {
			stack = string(debug.Stack())
		}
	}()
	return f(), ""
}

// Run is f, and knownStage when f panicked in a known place. Any other panic is met again outside, where
// nobody catches it, so that its stack is f's own: f must do the same every time.
func Run(f func() int, knownStage int) int {
	if len(names) == 0 {
		return f()
	}
	stage, stack := try(f)
	switch {
	case stack == "":
		return stage
	case isKnown(stack):
		return knownStage
	}
	return f()
}
