// Reads PromQL expressions, one JSON string a line, and says of each what Prometheus' own parser finds in it: an error, or the selectors with
// their matchers, and the labels that aggregations and matchings name with the metrics below them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

type matcher struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

type selector struct {
	Metric   string    `json:"metric"`
	Matchers []matcher `json:"matchers"`
}

type grouping struct {
	Labels  []string `json:"labels"`
	Metrics []string `json:"metrics"`
}

type answer struct {
	Error     string     `json:"error,omitempty"`
	Type      string     `json:"type,omitempty"`
	Selectors []selector `json:"selectors"`
	Groupings []grouping `json:"groupings"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			fmt.Fprintln(os.Stderr, "not a JSON string:", in.Text())
			os.Exit(2)
		}
		if err := out.Encode(look(text)); err != nil {
			panic(err)
		}
	}
}

func look(text string) answer {
	found := answer{Selectors: []selector{}, Groupings: []grouping{}}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		found.Error = err.Error()
		return found
	}
	found.Type = string(expr.Type())
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			one := selector{Metric: n.Name, Matchers: []matcher{}}
			for _, m := range n.LabelMatchers {
				if m.Name == "__name__" {
					one.Metric = m.Value
				} else {
					one.Matchers = append(one.Matchers, matcher{m.Name, m.Value, m.Type.String()})
				}
			}
			found.Selectors = append(found.Selectors, one)
		case *parser.AggregateExpr:
			found.add(n.Grouping, n.Expr)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				found.add(append(n.VectorMatching.MatchingLabels, n.VectorMatching.Include...), n)
			}
		}
		return nil
	})
	return found
}

func (a *answer) add(labels []string, below parser.Node) {
	if len(labels) == 0 {
		return
	}
	one := grouping{Labels: labels}
	parser.Inspect(below, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			one.Metrics = append(one.Metrics, s.Name)
		}
		return nil
	})
	a.Groupings = append(a.Groupings, one)
}
